// A floor: asks PostgreSQL for one row with each HEAD, as directly as Node can.
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { takeCommands } from './commands.js';
import { settings, type DatabaseSettings } from './settings.js';

const { connectionString, schema } = settings<DatabaseSettings>();
const table = `"${schema}".uploads`;
const pool = new pg.Pool({ connectionString, max: 10 });
await pool.query(
  `CREATE SCHEMA "${schema}"; CREATE TABLE ${table} (id text PRIMARY KEY, size int)`,
);

async function create(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let size = 0;
  for await (const chunk of request) size += (chunk as Buffer).length;
  const id = randomBytes(16).toString('hex');
  await pool.query(`INSERT INTO ${table} VALUES ($1, $2)`, [id, size]);
  response.writeHead(201, { Location: `/files/${id}`, 'Upload-Offset': size }).end();
}

async function tell({ url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
  const values = [url.slice('/files/'.length)];
  const text = `SELECT size FROM ${table} WHERE id = $1`;
  const { rows } = await pool.query<{ size: number }>({ name: 'find', text, values });
  response.writeHead(200, { 'Tus-Resumable': '1.0.0', 'Upload-Offset': rows[0]?.size ?? 0 }).end();
}

const server = createServer((request, response) => {
  void (request.method === 'POST' ? create(request, response) : tell(request, response));
});
server.listen(0, '127.0.0.1', () => takeCommands((server.address() as AddressInfo).port));
