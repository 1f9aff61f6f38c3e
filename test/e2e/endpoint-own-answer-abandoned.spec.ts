import { Controller, Res } from '@nestjs/common';
import type { ServerResponse } from 'node:http';

import { TusEndpoint, UploadedUpload } from '../../lib/index.js';
import type { EndpointUpload } from '../../lib/index.js';
import { PLATFORMS, eventually, offsetOf, useApp } from '../support/index.js';
import { askAgain, createAt, Endpoint, endpointOf, sendAndStay } from './endpoint-controller.js';
import { Gate } from '../support/gate.js';

type OwnResponse = (ServerResponse | { readonly raw: ServerResponse }) & {
  send: (body: unknown) => void;
};

const rawOf = (response: OwnResponse): ServerResponse =>
  'raw' in response ? response.raw : response;

@Controller('videos')
class OwnAnswersController {
  constructor(private readonly endpoint: Endpoint) {}

  @TusEndpoint()
  async take(@UploadedUpload() upload: EndpointUpload, @Res() response: OwnResponse) {
    await this.endpoint.run(upload, response);
  }
}

describe.each(PLATFORMS)(
  'A method that answers itself, and whose client leaves, on %s',
  (platform) => {
    const app = useApp({ platform, controllers: [OwnAnswersController], providers: [Endpoint] });

    /** Sends an upload, and leaves when the method has come to the gate. */
    async function leaveAt(gate: Gate) {
      const upload = await createAt(app(), 5);
      const leave = await sendAndStay(app(), upload, 'hello');
      await gate.reached;
      await leave();
      return upload;
    }

    async function expectRepeated(upload: { readonly id: string; readonly path: string }) {
      const endpoint = endpointOf(app());
      endpoint.work = (_upload, response) => (response as OwnResponse).send('done');
      await eventually(async () => expect((await askAgain(app(), upload, 5)).text).toBe('done'));
      expect(endpoint.countOf(upload.id)).toBe(2);
      expect(await offsetOf(app(), upload)).toBe(5);
    }

    it('runs again when it has returned without an answer', async () => {
      const gate = new Gate();
      endpointOf(app()).work = () => gate.pass();
      const upload = await leaveAt(gate);
      gate.open();

      await expectRepeated(upload);
    });

    it('runs again when it had returned, and was yet to answer', async () => {
      const gate = new Gate();
      endpointOf(app()).work = () => void gate.pass();

      await expectRepeated(await leaveAt(gate));
    });

    it('runs again when it has dropped the connection itself', async () => {
      const endpoint = endpointOf(app());
      endpoint.work = (_upload, response) => void rawOf(response as OwnResponse).destroy();
      const upload = await createAt(app(), 5);
      const leave = await sendAndStay(app(), upload, 'hello');
      await endpoint.calls.first(({ id }) => id === upload.id);
      await leave();

      await expectRepeated(upload);
    });

    it('may answer all the same', async () => {
      const gate = new Gate();
      endpointOf(app()).work = async (_upload, response) => {
        await gate.pass();
        rawOf(response as OwnResponse).end('kept');
      };
      const upload = await leaveAt(gate);
      gate.open();

      await eventually(async () => expect((await askAgain(app(), upload, 5)).text).toBe('kept'));
      expect(endpointOf(app()).countOf(upload.id)).toBe(1);
    });
  },
);
