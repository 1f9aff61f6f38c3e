const assert = require('node:assert/strict');
const { randomBytes } = require('node:crypto');
const { mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

const HANDLER_TIMEOUT = 20_000;

/**
 * Uploads one file to an app on each platform and checks that its handler was given the file, and
 * another one to a route of the app, which answers it; and that the operations page shows them.
 */
async function scenario(format, packages) {
  const { ExpressAdapter, FastifyAdapter } = packages;
  for (const Adapter of [ExpressAdapter, FastifyAdapter]) {
    const folder = mkdtempSync(join(tmpdir(), 'nestjs-tus-smoke-files-'));
    try {
      await uploadOnce(packages, new Adapter(), folder);
      console.log(`  ${format}, ${Adapter.name}: ok`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

async function uploadOnce(packages, adapter, tmpFileDir) {
  const bytes = randomBytes(1_000_000);
  const { AppModule, finished } = declareApp(packages, tmpFileDir);
  const app = await packages.core.NestFactory.create(AppModule, adapter, {
    logger: ['error', 'warn'],
  });
  try {
    await app.listen(0, '127.0.0.1');
    await send(await app.getUrl(), bytes);
    const upload = await finished;
    assert.equal(upload.size, bytes.length);
    assert.equal(upload.filename, 'smoke.bin');
    assert.ok(readFileSync(upload.path).equals(bytes), 'the file holds other bytes');
    await sendToEndpoint(`${await app.getUrl()}/users/ada/avatar`, bytes);
    await lookAt(`${await app.getUrl()}/tus`);
  } finally {
    await app.close();
  }
}

function declareApp({ common, ScheduleModule, tus, dashboard }, tmpFileDir) {
  let resolveFinished;
  const finished = new Promise((resolve, reject) => {
    resolveFinished = resolve;
    const late = () => reject(new Error('the handler was not called in time'));
    setTimeout(late, HANDLER_TIMEOUT).unref();
  });
  class Handler {
    take(upload) {
      resolveFinished(upload);
    }
  }
  decorate(Handler, 'take', tus.OnUploadFinished());
  common.Injectable()(Handler);
  class UsersController {
    take(user, upload) {
      return { user, size: upload.size };
    }
  }
  common.Param('user')(UsersController.prototype, 'take', 0);
  tus.UploadedUpload()(UsersController.prototype, 'take', 1);
  decorate(UsersController, 'take', tus.TusEndpoint('avatar'));
  common.Controller('users/:user')(UsersController);
  class AppModule {}
  const uploads = tus.TusModule.forRoot({ uploadPath: '/files', tmpFileDir });
  const page = dashboard.TusDashboardModule.forRoot({ public: true });
  const imports = [ScheduleModule.forRoot(), uploads, page];
  common.Module({ imports, controllers: [UsersController], providers: [Handler] })(AppModule);
  return { AppModule, finished };
}

/** What `@decorator` on a method compiles to. */
function decorate(Class, method, decorator) {
  const descriptor = Object.getOwnPropertyDescriptor(Class.prototype, method);
  const decorated = decorator(Class.prototype, method, descriptor) ?? descriptor;
  Object.defineProperty(Class.prototype, method, decorated);
}

/** tus 1.0 §Creation With Upload. */
async function send(url, bytes) {
  const response = await fetch(`${url}/files`, {
    method: 'POST',
    headers: {
      'Tus-Resumable': '1.0.0',
      'Upload-Length': String(bytes.length),
      'Upload-Metadata': `filename ${Buffer.from('smoke.bin').toString('base64')}`,
      'Content-Type': 'application/offset+octet-stream',
    },
    body: bytes,
  });
  assert.equal(response.status, 201);
  assert.equal(response.headers.get('upload-offset'), String(bytes.length));
}

/** The last answer is the route's, now and when it is asked for again. */
async function sendToEndpoint(url, bytes) {
  const headers = { 'Tus-Resumable': '1.0.0' };
  const created = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'Upload-Length': String(bytes.length) },
  });
  assert.equal(created.status, 201);
  const location = new URL(created.headers.get('location'), url);
  const patch = (offset, body) =>
    fetch(location, {
      method: 'PATCH',
      headers: {
        ...headers,
        'Content-Type': 'application/offset+octet-stream',
        'Upload-Offset': String(offset),
      },
      body,
    });
  assert.equal((await patch(0, bytes.subarray(0, 1000))).status, 204);
  const asked = await fetch(location, { method: 'HEAD', headers });
  assert.equal(asked.headers.get('upload-offset'), '1000');
  const answers = [await patch(1000, bytes.subarray(1000)), await patch(bytes.length)];
  for (const answer of answers) {
    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.json(), { user: 'ada', size: bytes.length });
  }
}

/** The operations page has its parts, and sees what was sent. */
async function lookAt(url) {
  const page = await (await fetch(url)).text();
  const [, script] = /src="([^"]+)"/.exec(page);
  assert.equal((await fetch(new URL(script, url))).status, 200);
  const { items } = await (await fetch(`${url}/api/uploads`)).json();
  assert.ok(items.some(({ name }) => name === 'smoke.bin'));
}

module.exports = { scenario };
