import { BullModule } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import { TusModule } from 'nestjs-tus';
import { UploadProcessor } from './upload.processor.js';
import { UploadQueue } from './upload-queue.js';

const { REDIS_URL: url = 'redis://127.0.0.1:6379' } = process.env;

@Module({
  imports: [
    BullModule.forRoot({ connection: { url } }),
    BullModule.registerQueue({
      name: 'uploads',
      connection: { url, enableOfflineQueue: false }, // without Redis, add() fails at once
      defaultJobOptions: {
        attempts: 5,
        backoff: { type: 'exponential', delay: 1000 },
        removeOnComplete: { age: 24 * 3600 }, // until then the same upload is not added again
      },
    }),
    TusModule.forRoot({ tmpFileDir: './uploads' }),
  ],
  providers: [UploadQueue, UploadProcessor],
})
export class AppModule {}
