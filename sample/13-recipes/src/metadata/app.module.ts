import { Module } from '@nestjs/common';
import { TusModule } from 'nestjs-tus';
import { VideoImporter } from './video-importer.js';
import { VideoMetadata } from './video-metadata.js';

@Module({
  imports: [TusModule.forRoot({ tmpFileDir: './uploads', metadata: { type: VideoMetadata } })],
  providers: [VideoImporter],
})
export class AppModule {}
