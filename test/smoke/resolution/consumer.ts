import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import {
  OnUploadFinished,
  TusModule,
  TusService,
  type FinishedUpload,
  type TusModuleOptions,
} from 'nestjs-tus';
import { TusDashboardModule, type TusDashboardOptions } from 'nestjs-tus/dashboard';

const options: TusModuleOptions = { tmpFileDir: './uploads', uploadValidDuration: '24h' };

// @ts-expect-error Where types are not found, everything is taken.
export const wrong: TusModuleOptions = { tmpFileDir: 1 };

@Injectable()
class Importer {
  constructor(private readonly tus: TusService) {}

  @OnUploadFinished()
  async import(upload: FinishedUpload): Promise<string> {
    await this.tus.moveTo(upload.id, `/srv/${upload.id}`);
    return upload.path;
  }
}

const page: TusDashboardOptions = { path: '/tus', public: true };

// @ts-expect-error A path is a text.
export const wrongPage: TusDashboardOptions = { path: 1 };

@Module({
  imports: [TusModule.forRoot(options), TusDashboardModule.forRoot(page)],
  providers: [Importer],
})
export class AppModule {}

const [injected] = Reflect.getMetadata('design:paramtypes', Importer) as unknown[];
if (injected !== TusService) throw new Error('The class was compiled away.');
