import { Controller, Get, Param } from '@nestjs/common';
import { TusEndpoint, UploadedUpload, type EndpointUpload } from 'nestjs-tus';
import { AppService } from './app.service';

@Controller()
export class AppController {
  constructor(private readonly appService: AppService) {}

  @Get()
  getHello(): string {
    return this.appService.getHello();
  }

  @Get('imported')
  getImported(): string[] {
    return this.appService.imported;
  }

  @TusEndpoint('users/:user/avatar')
  setAvatar(@Param('user') user: string, @UploadedUpload() upload: EndpointUpload) {
    return { user, type: upload.mimetype, size: upload.size };
  }
}
