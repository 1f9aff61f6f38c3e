import { createServer, get } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { HeldResponse } from '../../../../lib/http/endpoint/held-response.js';
import { request } from '../../../support/index.js';
import type { HttpResponse } from '../../../support/index.js';

const KIB = 1024;

describe('A held response', () => {
  let server: Server;
  let work: (res: ServerResponse, req: IncomingMessage) => void;
  beforeAll(async () => {
    server = createServer((req, res) => work(res, req));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  const target = () => ({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });

  /** Asks, and lets somebody answer through a held response. */
  function ask(
    method: string,
    answer: (held: HeldResponse, res: ServerResponse) => void | Promise<void>,
  ): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      work = (res) => {
        Promise.resolve(answer(new HeldResponse(res), res)).catch(reject);
      };
      request(target(), { method, path: '/' }).then(resolve, reject);
    });
  }

  it('is out only once it is let go', async () => {
    const order: string[] = [];
    const response = await ask('GET', async (held, res) => {
      res.once('finish', () => order.push('out'));
      res.writeHead(201, { 'X-A': '1', 'Content-Type': 'text/plain' });
      res.write('hel');
      res.end('lo', 'utf8');
      const made = await held.answer;
      expect(made).toEqual({
        status: 201,
        headers: { 'x-a': '1', 'content-type': 'text/plain' },
        body: Buffer.from('hello').toString('base64'),
        isTruncated: false,
      });
      expect(res.headersSent).toBe(false);
      order.push('let go');
      held.release();
    });

    expect([response.status, response.text]).toEqual([201, 'hello']);
    expect(response.headers['x-a']).toBe('1');
    expect(order).toEqual(['let go', 'out']);
  });

  it('keeps bytes of any encoding as they are', async () => {
    const response = await ask('GET', async (held, res) => {
      res.write(Buffer.from([0xff, 0x00]));
      res.write('68656c', 'hex');
      res.end('ä', 'latin1');
      const made = await held.answer;
      expect(made?.body).toBe(Buffer.from([0xff, 0, 0x68, 0x65, 0x6c, 0xe4]).toString('base64'));
      held.release();
    });

    expect([...response.body]).toEqual([0xff, 0, 0x68, 0x65, 0x6c, 0xe4]);
  });

  it('keeps no header that belongs to this response alone', async () => {
    await ask('GET', async (held, res) => {
      res.setHeader('Set-Cookie', 'a=b');
      res.setHeader('Upload-Offset', '5');
      res.setHeader('Tus-Resumable', '1.0.0');
      res.setHeader('Access-Control-Allow-Origin', '*');
      res.setHeader('Content-Length', '2');
      res.setHeader('Content-Language', 'de');
      res.setHeader('Link', ['<a>', '<b>']);
      res.end('ja');
      const made = await held.answer;
      expect(made?.headers).toEqual({ 'content-language': 'de', link: '<a>,<b>' });
      held.release();
    });
  });

  it.each([
    ['PATCH', 200, '', 204],
    ['PATCH', 200, 'a', 200],
    ['PATCH', 202, '', 202],
    ['GET', 200, '', 200],
    ['POST', 201, '', 201],
  ])('to %s with %i and the body "%s" has the status %i', async (method, given, body, status) => {
    const response = await ask(method, async (held, res) => {
      res.statusCode = given;
      res.setHeader('Content-Length', String(body.length));
      res.end(body);
      expect((await held.answer)?.status).toBe(status);
      held.release();
    });

    expect([response.status, response.text]).toEqual([status, body]);
    // RFC 9110 §8.6: none in a 204.
    if (status === 204) expect(response.headers['content-length']).toBeUndefined();
  });

  it('that is a refusal does not speak of success', async () => {
    const response = await ask('POST', async (held, res) => {
      res.setHeader('Location', '/a');
      res.setHeader('Upload-Offset', '5');
      res.setHeader('Upload-Expires', 'tomorrow');
      res.statusCode = 400;
      res.end();
      await held.answer;
      held.release();
    });

    expect(Object.keys(response.headers).filter((name) => name.startsWith('upload-'))).toEqual([]);
    expect(response.headers.location).toBeUndefined();
  });

  it('that is a fault still tells where the upload is', async () => {
    const response = await ask('POST', async (held, res) => {
      res.setHeader('Location', '/a');
      res.statusCode = 503;
      res.end();
      await held.answer;
      held.release();
    });

    expect([response.status, response.headers.location]).toEqual([503, '/a']);
  });

  it('of 64 KiB is kept', async () => {
    const response = await ask('GET', async (held, res) => {
      res.end(Buffer.alloc(64 * KIB, 'a'));
      const made = await held.answer;
      expect(made?.isTruncated).toBe(false);
      expect(Buffer.from(made?.body ?? '', 'base64')).toHaveLength(64 * KIB);
      held.release();
    });

    expect(response.body).toHaveLength(64 * KIB);
  });

  it('of more than 64 KiB is not kept, and goes its way without being held in memory', async () => {
    const length = 10 * KIB * KIB;
    let taken = 0;
    const response = await ask('GET', async (held, res) => {
      const source = Readable.from(pieces(length, () => taken++));
      source.pipe(res);
      const made = await held.answer;
      expect(made).toMatchObject({ status: 200, isTruncated: true });
      expect(made).not.toHaveProperty('body');
      await new Promise((resolve) => setImmediate(resolve));
      expect(taken).toBeLessThan(1000);
      held.release();
    });

    expect(response.body).toHaveLength(length);
  });

  it('calls back whoever wants to know that something was written', async () => {
    const called: string[] = [];
    await ask('GET', async (held, res) => {
      res.write('a', () => called.push('written'));
      res.end('b', () => called.push('ended'));
      await held.answer;
      held.release();
    });
    await ask('GET', async (held, res) => {
      res.end(() => called.push('empty'));
      await held.answer;
      held.release();
    });

    expect(called).toEqual(['written', 'ended', 'empty']);
  });

  it('may be replaced by another one', async () => {
    const response = await ask('GET', async (held, res) => {
      res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '2' });
      res.end('{}');
      await held.answer;
      held.replace({ status: 500, headers: { 'Content-Type': 'text/plain' }, body: 'Sorry.\n' });
    });

    expect([response.status, response.text]).toEqual([500, 'Sorry.\n']);
    expect(response.headers['content-type']).toMatch(/^text\/plain\b/);
  });

  it('lets those go on who held the response before', async () => {
    const seen: string[] = [];
    work = (res) => {
      const { end } = res;
      res.end = (...args: unknown[]) => {
        seen.push(String(args[0]));
        return Reflect.apply(end, res, args) as ServerResponse;
      };
      const held = new HeldResponse(res);
      res.end('a');
      void held.answer.then(() => held.release());
    };

    expect((await request(target(), { path: '/' })).text).toBe('a');
    expect(seen).toEqual(['a']);
  });

  it('to HEAD is kept with its body, and sent without', async () => {
    const response = await ask('HEAD', async (held, res) => {
      res.end('hello');
      expect((await held.answer)?.body).toBe(Buffer.from('hello').toString('base64'));
      held.release();
    });

    expect([response.status, response.text]).toEqual([200, '']);
  });

  it('is what there is of it when its source breaks off', async () => {
    const response = await ask('GET', async (held, res) => {
      res.statusCode = 203;
      const source = new PassThrough();
      source.pipe(res);
      source.once('data', () => source.destroy());
      source.write('hel');
      expect(await held.answer).toEqual({ status: 203, headers: {}, isTruncated: true });
      held.release();
      res.end();
    });

    expect([response.status, response.text]).toEqual([203, 'hel']);
  });

  it('is waited for as long as its client is there', async () => {
    const response = await ask('GET', async (held, res) => {
      held.abandon();
      await new Promise((resolve) => setImmediate(resolve));
      res.end('hello');
      expect((await held.answer)?.status).toBe(200);
      held.release();
    });

    expect(response.text).toBe('hello');
  });

  it('is waited for no longer once its client has left and nobody works on it', async () => {
    const answered = new Promise((resolve, reject) => {
      work = (res) => {
        const held = new HeldResponse(res);
        res.once('close', () => {
          held.abandon();
          held.answer.then(resolve, reject);
        });
        (res.socket as Socket).destroy();
      };
    });
    get({ ...target(), path: '/' }).on('error', () => undefined);

    expect(await answered).toBeUndefined();
  });

  it('is there when its client has left', async () => {
    const answered = new Promise((resolve, reject) => {
      work = (res) => {
        const held = new HeldResponse(res);
        res.once('close', () => {
          res.end('hello');
          held.answer.then(resolve, reject);
          held.release();
        });
        (res.socket as Socket).destroy();
      };
    });
    get({ ...target(), path: '/' }).on('error', () => undefined);

    expect(await answered).toMatchObject({
      status: 200,
      body: Buffer.from('hello').toString('base64'),
    });
  });
});

function* pieces(length: number, count: () => void): Generator<Buffer> {
  for (let from = 0; from < length; from += KIB) {
    count();
    yield Buffer.alloc(KIB, 'a');
  }
}
