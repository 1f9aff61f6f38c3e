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
      uploadPath: 'tenants/:tenant/files',
      tmpFileDir,
      decorators: [UseGuards(SessionGuard)],
      imports: [SessionModule], // what the guard injects
      owner: ({ user }: UserRequest) => `${user.tenant}/${user.id}`,
      download: true,
    }),
  ],
  controllers: [PageController, UploadsController],
})
export class AppModule {}
