import { Module, UseGuards } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { TusModule } from 'nestjs-tus';
import { PageController } from './page.controller.js';
import { SessionGuard, type UserRequest } from './session.guard.js';
import { SessionModule } from './session.module.js';
import { tmpFileDir } from './settings.js';
import { UploadsController } from './uploads.controller.js';

@Module({
  imports: [
    ScheduleModule.forRoot(),
    SessionModule,
    TusModule.forRoot({
      uploadPath: '/files',
      tmpFileDir,
      allowedTypes: ['image/*', 'video/*', 'audio/*', 'application/pdf', 'text/plain'],
      decorators: [UseGuards(SessionGuard)],
      imports: [SessionModule], // what the guard injects
      owner: ({ user }: UserRequest) => user,
      download: true, // behind the same guard: the thumbnails
      concatenation: { removePartials: true },
    }),
  ],
  controllers: [PageController, UploadsController],
})
export class AppModule {}
