import { Module, type INestApplication } from '@nestjs/common';
import { ClientsModule, Transport, type MicroserviceOptions } from '@nestjs/microservices';
import { TusModule } from 'nestjs-tus';
import { FileSender } from './file-sender.js';
import { FilesController } from './files.controller.js';

const port = Number(process.env.FILES_PORT ?? 3001);

@Module({
  imports: [
    ClientsModule.register([{ name: 'FILES', transport: Transport.TCP, options: { port } }]),
    TusModule.forRoot({ tmpFileDir: './uploads' }),
  ],
  controllers: [FilesController],
  providers: [FileSender],
})
export class AppModule {}

export async function configure(app: INestApplication): Promise<void> {
  app.connectMicroservice<MicroserviceOptions>({ transport: Transport.TCP, options: { port } });
  await app.startAllMicroservices();
}
