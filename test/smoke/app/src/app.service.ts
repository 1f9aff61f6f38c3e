import { Injectable } from '@nestjs/common';

@Injectable()
export class AppService {
  readonly imported: string[] = [];

  getHello(): string {
    return 'Hello World!';
  }
}
