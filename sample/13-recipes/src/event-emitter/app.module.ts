import { Module } from '@nestjs/common';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { TusModule } from 'nestjs-tus';
import { Gallery } from './gallery.js';
import { UploadEventsBridge } from './upload-events.bridge.js';

@Module({
  imports: [
    EventEmitterModule.forRoot({ wildcard: true }),
    TusModule.forRoot({
      tmpFileDir: './uploads',
      delivery: { attempts: 3, backoff: { first: 0.1 } },
    }),
  ],
  providers: [UploadEventsBridge, Gallery],
})
export class AppModule {}
