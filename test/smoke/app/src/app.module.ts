import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { TusModule } from 'nestjs-tus';
import { AppController } from './app.controller';
import { AppService } from './app.service';
import { VideoImporter } from './video.importer';

@Module({
  imports: [
    ScheduleModule.forRoot(),
    TusModule.forRoot({
      uploadPath: '/files',
      tmpFileDir: './uploads',
      uploadValidDuration: '24h',
      allowedTypes: ['image/*'],
    }),
  ],
  controllers: [AppController],
  providers: [AppService, VideoImporter],
})
export class AppModule {}
