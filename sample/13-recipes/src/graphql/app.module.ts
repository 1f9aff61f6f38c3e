import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Module } from '@nestjs/common';
import { GraphQLModule } from '@nestjs/graphql';
import { TusModule } from 'nestjs-tus';
import { UploadsResolver } from './uploads.resolver.js';

@Module({
  imports: [
    GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true }),
    TusModule.forRoot({ tmpFileDir: './uploads' }),
  ],
  providers: [UploadsResolver],
})
export class AppModule {}
