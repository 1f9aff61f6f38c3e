import { Module } from '@nestjs/common';
import { TusModule } from 'nestjs-tus';
import { QuarantineController } from './quarantine.controller.js';
import { UploadScan } from './upload-scan.js';
import { VirusScanner } from './virus-scanner.js';

@Module({
  imports: [TusModule.forRoot({ tmpFileDir: './uploads', maxSize: '100MB', download: true })],
  controllers: [QuarantineController],
  providers: [UploadScan, VirusScanner],
})
export class AppModule {}
