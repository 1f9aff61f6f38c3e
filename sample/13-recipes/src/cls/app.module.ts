import { Module } from '@nestjs/common';
import { ClsModule, ClsService } from 'nestjs-cls';
import { TusModule } from 'nestjs-tus';
import { Files } from './files.js';
import { Importer } from './importer.js';
import type { TenantStore } from './tenant-store.js';

interface TenantRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
}

@Module({
  imports: [
    ClsModule.forRoot({
      global: true,
      middleware: {
        mount: true,
        // In place of what your authentication knows.
        setup: (cls, { headers }: TenantRequest) =>
          cls.set('tenant', headers['x-tenant'] ?? 'none'),
      },
    }),
    TusModule.forRootAsync({
      inject: [ClsService],
      useFactory: (cls: ClsService<TenantStore>) => ({
        tmpFileDir: './uploads',
        owner: () => cls.get('tenant'), // options that are functions see the request's store
      }),
    }),
  ],
  providers: [Files, Importer],
})
export class AppModule {}
