import { Module } from '@nestjs/common';
import { TusModule } from 'nestjs-tus';
import { UploadMeters } from './upload-meters.js';
import { UploadSpans } from './upload-spans.js';

@Module({
  imports: [TusModule.forRoot({ tmpFileDir: './uploads' })],
  providers: [UploadMeters, UploadSpans],
})
export class AppModule {}
