import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { TusModule } from 'nestjs-tus';
import { FinishedUploads } from './finished-uploads.js';
import { PageController } from './page.controller.js';
import { tmpFileDir } from './settings.js';
import { UploadsController } from './uploads.controller.js';
import { UploadsHandler } from './uploads.handler.js';

@Module({
  imports: [
    ScheduleModule.forRoot(),
    TusModule.forRoot({ uploadPath: '/files', tmpFileDir, uploadValidDuration: '24h' }),
  ],
  controllers: [PageController, UploadsController],
  providers: [FinishedUploads, UploadsHandler],
})
export class AppModule {}
