import { connect, type TLSSocket } from 'node:tls';
import type { HttpTarget } from './http-client.js';

/** Both ends know a key, so that none needs a certificate. */
const PSK = { ciphers: 'PSK-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' } as const;
const KEY = { psk: Buffer.alloc(16, 'k'), identity: 'test' };

/** Options of a server with TLS that {@link connectSecurely} connects to. */
export const SECURE_SERVER = { ...PSK, pskCallback: (): Buffer => KEY.psk };

/** Connects with TLS; emits `secureConnect` once that stands. */
export function connectSecurely(
  { host, port }: HttpTarget,
  protocols: readonly string[] = [],
): TLSSocket {
  return connect({
    port,
    host,
    ...PSK,
    ALPNProtocols: [...protocols],
    pskCallback: () => KEY,
    checkServerIdentity: () => undefined,
  });
}
