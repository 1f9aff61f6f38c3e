import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { TusModule } from 'nestjs-tus';
import { s3 } from 'nestjs-tus/s3';
import { PageController } from './page.controller.js';
import { bucket, client, tmpFileDir } from './settings.js';
import { UploadsController } from './uploads.controller.js';
import { UploadsHandler } from './uploads.handler.js';

@Module({
  imports: [
    ScheduleModule.forRoot(),
    TusModule.forRoot({
      uploadPath: '/files',
      tmpFileDir,
      storage: s3({ client, bucket, prefix: 'uploads/' }),
      download: { redirect: '5m' },
    }),
  ],
  controllers: [PageController, UploadsController],
  providers: [UploadsHandler],
})
export class AppModule {}
