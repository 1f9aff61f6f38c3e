const assert = require('node:assert/strict');
const { randomBytes } = require('node:crypto');
const { mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

const HANDLER_TIMEOUT = 20_000;

/** Uploads one file to an app on each platform and checks that its handler was given the file. */
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
  } finally {
    await app.close();
  }
}

function declareApp({ common, ScheduleModule, tus }, tmpFileDir) {
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
  class AppModule {}
  const uploads = tus.TusModule.forRoot({ uploadPath: '/files', tmpFileDir });
  const imports = [ScheduleModule.forRoot(), uploads];
  common.Module({ imports, providers: [Handler] })(AppModule);
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

module.exports = { scenario };
