import { Module } from '@nestjs/common';
import { TusModule } from 'nestjs-tus';
import { Thumbnails } from './thumbnails.js';
import { ThumbnailsController } from './thumbnails.controller.js';

@Module({
  imports: [
    TusModule.forRoot({
      tmpFileDir: './uploads',
      maxSize: '20MB',
      allowedTypes: ['image/png', 'image/jpeg', 'image/webp', 'image/avif'],
    }),
  ],
  controllers: [ThumbnailsController],
  providers: [Thumbnails],
})
export class AppModule {}
