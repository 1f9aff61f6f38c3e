import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { TusModule } from 'nestjs-tus';
import { TusHealthIndicator } from 'nestjs-tus/health';
import { HealthController } from './health.controller.js';

@Module({
  imports: [TerminusModule, TusModule.forRoot({ tmpFileDir: './uploads' })],
  controllers: [HealthController],
  providers: [TusHealthIndicator],
})
export class AppModule {}
