import { Module, UseInterceptors } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { TusModule } from 'nestjs-tus';
import { postgres } from 'nestjs-tus/postgres';
import { HealthController } from './health.controller.js';
import { MachineInterceptor } from './machine.interceptor.js';
import { connectionString, storage, tmpFileDir } from './settings.js';
import { UploadsHandler } from './uploads.handler.js';

@Module({
  imports: [
    ScheduleModule.forRoot(),
    TusModule.forRoot({
      uploadPath: '/files',
      tmpFileDir,
      registry: postgres({ connectionString }),
      storage,
      download: true,
      decorators: [UseInterceptors(MachineInterceptor)],
    }),
  ],
  controllers: [HealthController],
  providers: [UploadsHandler],
})
export class AppModule {}
