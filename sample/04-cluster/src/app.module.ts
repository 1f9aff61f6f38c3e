import { Module, UseInterceptors } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { TusModule } from 'nestjs-tus';
import { LiveController } from './live.controller.js';
import { tmpFileDir } from './settings.js';
import { UploadsHandler } from './uploads.handler.js';
import { WorkerInterceptor } from './worker.interceptor.js';

@Module({
  imports: [
    ScheduleModule.forRoot(),
    TusModule.forRoot({
      uploadPath: '/files',
      tmpFileDir,
      decorators: [UseInterceptors(WorkerInterceptor)],
    }),
  ],
  controllers: [LiveController],
  providers: [UploadsHandler],
})
export class AppModule {}
