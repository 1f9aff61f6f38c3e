import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { SessionController } from './session.controller.js';
import { SessionGuard } from './session.guard.js';
import { Sessions } from './sessions.js';
import { secret } from './settings.js';

@Module({
  imports: [JwtModule.register({ secret, signOptions: { expiresIn: '1d' } })],
  controllers: [SessionController],
  providers: [Sessions, SessionGuard],
  exports: [Sessions, SessionGuard],
})
export class SessionModule {}
