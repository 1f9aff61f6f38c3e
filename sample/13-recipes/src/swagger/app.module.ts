import { Module, type INestApplication } from '@nestjs/common';
import { ApiBearerAuth, ApiTags, DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { TusModule } from 'nestjs-tus';

@Module({
  imports: [
    TusModule.forRoot({
      tmpFileDir: './uploads',
      decorators: [ApiTags('uploads'), ApiBearerAuth()],
    }),
  ],
})
export class AppModule {}

export function configure(app: INestApplication): void {
  const config = new DocumentBuilder().setTitle('My app').addBearerAuth().build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, config));
}
