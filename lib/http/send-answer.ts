import type { AbstractHttpAdapter } from '@nestjs/core';
import type { ServerResponse } from 'node:http';
import type { Answer } from './answer.js';
import { rawResponse, type PlatformResponse } from './http-types.js';

/** Sends an answer through the app's HTTP platform. */
export function sendAnswer(
  adapter: AbstractHttpAdapter,
  response: PlatformResponse,
  answer: Answer,
): void {
  for (const [name, value] of Object.entries(answer.headers)) {
    adapter.setHeader(response, name, value);
  }
  if (answer.status === 460) nameMismatch(rawResponse(response));
  adapter.reply(response, answer.body, answer.status);
}

/** Node has no reason phrase for 460 (tus 1.0 §Checksum), and HTTP/2 has none at all. */
function nameMismatch(res: ServerResponse): void {
  if (res.req.httpVersionMajor < 2) res.statusMessage = 'Checksum Mismatch';
}
