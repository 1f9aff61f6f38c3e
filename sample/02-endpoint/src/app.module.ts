import { Module, UseGuards } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { TusModule } from 'nestjs-tus';
import { AvatarController } from './avatar.controller.js';
import { Avatars } from './avatars.js';
import { PageController } from './page.controller.js';
import { SessionGuard, type UserRequest } from './session.guard.js';
import { tmpFileDir } from './settings.js';

@Module({
  imports: [
    ScheduleModule.forRoot(),
    TusModule.forRoot({
      tmpFileDir,
      // No user goes on with, or ends, what another user has begun.
      owner: ({ user }: UserRequest) => user,
      // The module serves its own upload path too, `/files`.
      decorators: [UseGuards(SessionGuard)],
    }),
  ],
  controllers: [AvatarController, PageController],
  providers: [Avatars],
})
export class AppModule {}
