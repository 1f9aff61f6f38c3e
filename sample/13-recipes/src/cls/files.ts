import { Injectable } from '@nestjs/common';
import { ClsService } from 'nestjs-cls';
import type { TenantStore } from './tenant-store.js';

/** Asks nobody whose files these are: the store knows. */
@Injectable()
export class Files {
  readonly added: string[] = [];

  constructor(private readonly cls: ClsService<TenantStore>) {}

  add(name: string): void {
    this.added.push(`${this.cls.get('tenant')}/${name}`);
  }
}
