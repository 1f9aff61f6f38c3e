import type { AbstractHttpAdapter } from '@nestjs/core';
import type { Server } from 'node:http';
import type { TimeLimit } from './http-platform.interface.js';

/**
 * The time after which Node's server closes a connection without a byte (`server.timeout`).
 *
 * @param setting what it is called where it is set
 */
export function silenceLimit(adapter: AbstractHttpAdapter, setting: string): readonly TimeLimit[] {
  const { timeout } = adapter.getHttpServer() as Server;
  return timeout > 0 ? [{ setting, milliseconds: timeout, of: 'silence' }] : [];
}
