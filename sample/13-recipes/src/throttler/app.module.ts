import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { seconds, Throttle, ThrottlerModule } from '@nestjs/throttler';
import { TusModule } from 'nestjs-tus';
import { UploadThrottlerGuard } from './upload-throttler.guard.js';

@Module({
  imports: [
    ThrottlerModule.forRoot([{ ttl: seconds(60), limit: 100 }]),
    TusModule.forRoot({
      tmpFileDir: './uploads',
      decorators: [Throttle({ default: { ttl: seconds(60), limit: 10 } })], // uploads a minute
    }),
  ],
  providers: [{ provide: APP_GUARD, useClass: UploadThrottlerGuard }],
})
export class AppModule {}
