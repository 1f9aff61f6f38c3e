/**
 * A host name, IPv4 address or bracketed IPv6 address, and a port (RFC 3986 §3.2.2, §3.2.3).
 * Nothing in it can end the host or the header it is put into.
 */
const HOST = /^(?:[a-z0-9][a-z0-9.-]*|\[[0-9a-f:.]+\])(?::([1-9][0-9]{0,4}))?$/i;

const PORT = /^[1-9][0-9]{0,4}$/;

const DEFAULT_PORTS = { http: '80', https: '443' };

/**
 * Checks a host a proxy named and drops the default port of its scheme.
 *
 * @param value host with or without a port.
 * @param port taken where the host has none.
 * @returns `undefined` when it is no host.
 */
export function publicHost(
  value: string | undefined,
  proto: 'http' | 'https' | undefined,
  port?: string,
): string | undefined {
  const match = HOST.exec(value ?? '');
  if (!match) return undefined;
  const host = match[1] === undefined && port !== undefined ? withPort(match[0], port) : match[0];
  // The pattern takes any digits and colons for an address; the URL parser does not.
  if (!URL.canParse(`http://${host}`)) return undefined;
  return proto === undefined ? host : withoutPort(host, DEFAULT_PORTS[proto]);
}

function withPort(host: string, port: string): string {
  return PORT.test(port) && Number(port) <= 65535 ? `${host}:${port}` : host;
}

function withoutPort(host: string, port: string): string {
  return host.endsWith(`:${port}`) ? host.slice(0, -port.length - 1) : host;
}
