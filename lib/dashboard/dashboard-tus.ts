import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { getTusToken } from '../decorators/index.js';
import { TusService } from '../tus.service.js';
import { wrongOption } from './check-options.js';

/** Injection token of the name of the instance that a page shows. */
export const INSTANCE = Symbol('TUS_DASHBOARD_INSTANCE');

/** The instance that a page shows, wherever in the app its module is imported. */
@Injectable()
export class DashboardTus implements OnModuleInit {
  private found?: TusService;

  constructor(
    @Inject(INSTANCE) readonly instance: string | undefined,
    private readonly modules: ModuleRef,
  ) {}

  /** @throws TusOptionError when there is no such instance */
  onModuleInit(): void {
    try {
      this.found = this.modules.get(getTusToken(this.instance), { strict: false });
    } catch {
      throw wrongOption('instance', this.instance, noSuchInstance(this.instance));
    }
  }

  get service(): TusService {
    if (this.found) return this.found;
    throw new Error('The app has not started.');
  }
}

function noSuchInstance(name: string | undefined): string {
  return name === undefined
    ? 'The app has no TusModule without a name: import one, or give the `name` of an instance.'
    : `The app has no instance of that name: import TusModule with \`name: '${name}'\`.`;
}
