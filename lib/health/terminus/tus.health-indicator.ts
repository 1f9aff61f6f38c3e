import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { getTusToken } from '../../decorators/index.js';
import { beyond, type TusHealthOptions } from './health-limits.js';

/**
 * Tells Terminus whether an instance can take uploads, and deliver them. List it in the providers of a
 * module that imports `TerminusModule`.
 *
 * @publicApi
 */
@Injectable()
export class TusHealthIndicator {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly modules: ModuleRef,
  ) {}

  /**
   * Whether a file, or a part of one, can be stored, the registry answers, and nothing is beyond the
   * limits that are given. The result has `room` (bytes), `deliveryWait` (milliseconds) and
   * `deadDeliveries`, and a `message` when it is down. A disk, store or database that hangs counts as
   * down once `timeout` is over.
   *
   * @param key what the result is called
   * @throws TusOptionError for a wrong option
   */
  async isHealthy<const Key extends string>(
    key: Key,
    options: TusHealthOptions = {},
  ): Promise<HealthIndicatorResult<Key>> {
    const tus = this.modules.get(getTusToken(options.instance), { strict: false });
    const health = await tus.health({ timeout: options.timeout });
    const { faults, ...told } = health;
    const wrong = [...faults, ...beyond(health, options)];
    const indicator = this.indicators.check(key);
    return wrong.length === 0
      ? indicator.up(told)
      : indicator.down({ message: wrong.join(' '), ...told });
  }
}
