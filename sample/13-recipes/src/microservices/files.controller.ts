import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { TusService } from 'nestjs-tus';
import type { ReceivedFile } from './received-file.js';

/** The other side; here it is in the same app, which is a hybrid one. */
@Controller()
export class FilesController {
  readonly received = new Map<string, number>();

  constructor(private readonly tus: TusService) {}

  @MessagePattern('file.received')
  receive(@Payload() { id, size }: ReceivedFile): boolean {
    this.received.set(id, size);
    return true;
  }

  @MessagePattern('upload.find')
  async find(@Payload() id: string): Promise<object | null> {
    return (await this.tus.find(id)) ?? null;
  }
}
