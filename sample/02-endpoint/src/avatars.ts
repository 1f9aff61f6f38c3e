import { Injectable } from '@nestjs/common';
import { readdir, rm, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { TusService, type EndpointUpload } from 'nestjs-tus';
import { avatarDir } from './settings.js';

export interface Avatar {
  /** Where the avatar is served; another one for each picture, so that pages show the new one. */
  readonly url: string;
  readonly path: string;
  readonly type: string;
  /** Bytes. */
  readonly size: number;
  readonly etag: string;
}

/** The avatars of all users: `<avatarDir>/<user>/<upload id>.<extension>`. */
@Injectable()
export class Avatars {
  constructor(private readonly tus: TusService) {}

  /**
   * Makes an uploaded picture the avatar of a user. Doing it again with the same upload changes
   * nothing, so it may be repeated after a crash.
   */
  async keep(user: string, { id, mimetype }: EndpointUpload): Promise<Avatar> {
    const folder = join(avatarDir, user);
    const name = `${id}.${mimetype.slice('image/'.length)}`;
    await this.tus.moveTo(id, join(folder, name));

    const others = (await readdir(folder)).filter((other) => other !== name);
    await Promise.all(others.map((other) => rm(join(folder, other), { force: true })));
    return describe(user, name);
  }

  async find(user: string): Promise<Avatar | undefined> {
    const users = await readdir(avatarDir).catch((): string[] => []);
    // A request for `..` must not get out of the folder.
    if (!users.includes(user)) return undefined;

    const [name] = await readdir(join(avatarDir, user));
    return name === undefined ? undefined : describe(user, name);
  }
}

async function describe(user: string, name: string): Promise<Avatar> {
  const path = join(avatarDir, user, name);
  const extension = extname(name);
  const id = name.slice(0, -extension.length);
  return {
    url: `/users/${user}/avatar?${id}`,
    path,
    type: `image/${extension.slice(1)}`,
    size: (await stat(path)).size,
    etag: `"${id}"`,
  };
}
