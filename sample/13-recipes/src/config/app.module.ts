import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { TusModule } from 'nestjs-tus';
import { uploadsConfig } from './uploads.config.js';

@Module({
  imports: [
    TusModule.forRootAsync({
      uploadPath: '/files', // read before the factory is called
      ...uploadsConfig.asProvider(),
    }),
    ConfigModule.forRoot({ load: [uploadsConfig] }),
  ],
})
export class AppModule {}
