import { Module } from '@nestjs/common';
import { TusModule } from 'nestjs-tus';
import { MetricsController } from './metrics.controller.js';
import { UploadMetrics } from './upload-metrics.js';

@Module({
  imports: [TusModule.forRoot({ tmpFileDir: './uploads' })],
  controllers: [MetricsController],
  providers: [UploadMetrics],
})
export class AppModule {}
