import { StreamableFile } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { isUtf8 } from 'node:buffer';
import type { ServerResponse } from 'node:http';
import { rawResponse, type PlatformResponse } from '../request/http-types.js';
import type { Answer } from './answer.js';

/** Sends an answer through the app's HTTP platform. */
export function sendAnswer(
  adapter: AbstractHttpAdapter,
  response: PlatformResponse,
  answer: Answer,
): void {
  adapter.reply(response, prepareAnswer(adapter, response, answer), answer.status);
}

/**
 * Sets all of an answer but its body.
 *
 * @returns the body as platforms send it
 */
export function prepareAnswer(
  adapter: AbstractHttpAdapter,
  response: PlatformResponse,
  { status, headers, body }: Answer,
): string | StreamableFile | undefined {
  for (const [name, value] of Object.entries(headers)) adapter.setHeader(response, name, value);
  if (status === 460) nameMismatch(rawResponse(response));
  if (!Buffer.isBuffer(body)) return body;
  return isUtf8(body) ? body.toString() : new StreamableFile(body);
}

/** Node has no reason phrase for 460 (tus 1.0 §Checksum), and HTTP/2 has none at all. */
function nameMismatch(res: ServerResponse): void {
  if (res.req.httpVersionMajor < 2) res.statusMessage = 'Checksum Mismatch';
}
