import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { SessionController } from './session.controller.js';
import { SessionGuard } from './session.guard.js';
import { secret, tokenLifetime } from './settings.js';

@Module({
  imports: [JwtModule.register({ secret, signOptions: { expiresIn: tokenLifetime } })],
  controllers: [SessionController],
  providers: [SessionGuard],
  exports: [JwtModule, SessionGuard],
})
export class SessionModule {}
