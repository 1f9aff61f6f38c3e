import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { TusModule } from 'nestjs-tus';
import { LiveController } from './live.controller.js';
import { PageController } from './page.controller.js';
import { tmpFileDir } from './settings.js';

@Module({
  imports: [
    ScheduleModule.forRoot(),
    TusModule.forRoot({
      uploadPath: '/files',
      tmpFileDir,
      uploadValidDuration: '2m',
      // The files are not needed: they are sent to be watched.
      cleanup: { every: '1m', finishedAfter: '5m' },
    }),
  ],
  controllers: [LiveController, PageController],
})
export class AppModule {}
