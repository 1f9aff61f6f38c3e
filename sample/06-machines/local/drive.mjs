import assert from 'node:assert/strict';
import { createHash, randomFillSync } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import * as tus from 'tus-js-client';

const MB = 1024 * 1024;

/** What is sent, in requests of 5 MB, and how often its client gives up and comes back. */
const UPLOADS = [
  { name: 'one upload', size: 300 * MB, aborts: 20 },
  { name: 'one in three parts', size: 100 * MB, aborts: 0, parallelUploads: 3 },
];

/** Milliseconds in which a finished upload must have reached its handler. */
const PATIENCE = 20_000;

/**
 * Uploads through a proxy, and makes sure that what came is what was sent, and came once.
 *
 * @param endpoint URL of uploads
 * @param printed what all apps print
 */
export async function drive(endpoint, printed) {
  for (const { name, size, aborts, ...options } of UPLOADS) {
    const content = randomFillSync(Buffer.alloc(size + 12_345));
    const sha256 = sha256Of(content);
    const { url, machines } = await send(content, { endpoint, ...options }, aborts);
    const id = url.slice(url.lastIndexOf('/') + 1);

    const answer = await fetch(url);
    assert.equal(answer.status, 200, 'The answer to a download');
    const got = Buffer.from(await answer.arrayBuffer());
    assert.equal(sha256Of(got), sha256, 'What is downloaded');
    const delivered = await deliveries(printed, id);
    assert.equal(delivered.length, 1, `Deliveries of ${id}`);
    assert.ok(delivered[0].includes(sha256), 'What the handler was given');
    assert.equal(machines.size, 2, 'Machines that have answered');
    console.log(
      `${name}: ${content.length} bytes, ${aborts} aborts, the same sha256, one delivery`,
    );
  }
}

/** Sends all of it, by one client after another, each of which gives up when so much has been sent. */
async function send(content, options, aborts) {
  const machines = new Set();
  const note = (_request, response) => void machines.add(response.getHeader('X-Machine'));
  let url;
  for (let time = 1; time <= aborts; time++) {
    const until = (content.length * time) / (aborts + 1);
    url = await sendSome(content, { ...options, uploadUrl: url, onAfterResponse: note }, until);
  }
  url = await sendSome(content, { ...options, uploadUrl: url, onAfterResponse: note });
  return { url, machines };
}

/** Sends all, or as much as told, of which some is on its way then. */
function sendSome(content, options, until = Infinity) {
  return new Promise((resolve, reject) => {
    const upload = new tus.Upload(content, {
      chunkSize: 5 * MB,
      retryDelays: [0, 100, 300, 1000, 3000],
      ...options,
      onError: reject,
      onSuccess: () => resolve(upload.url),
      onProgress: (sent) => {
        if (sent >= until) upload.abort().then(() => resolve(upload.url), reject);
      },
    });
    upload.start();
  });
}

/** The lines of handlers that were told of an upload, and of those that come a moment later. */
async function deliveries(printed, id) {
  const told = () => printed.filter((line) => line.includes(`${id} (`));
  const deadline = Date.now() + PATIENCE;
  while (told().length === 0 && Date.now() < deadline) await pause(50);
  await pause(1000);
  return told();
}

function sha256Of(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}
