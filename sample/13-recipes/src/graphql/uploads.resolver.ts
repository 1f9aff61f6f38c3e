import { Args, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import { TusService, type CreatedUpload } from 'nestjs-tus';
import { NewUpload, UploadInput, UploadType } from './upload.types.js';

@Resolver(() => UploadType)
export class UploadsResolver {
  constructor(private readonly tus: TusService) {}

  /** The client gives the URL to its tus client (`uploadUrl` of tus-js-client). */
  @Mutation(() => NewUpload)
  createUpload(@Args('input') { filename, length }: UploadInput): Promise<CreatedUpload> {
    return this.tus.create({ length, metadata: { filename } });
  }

  @Query(() => UploadType, { nullable: true })
  async upload(@Args('id', { type: () => ID }) id: string): Promise<UploadType | null> {
    return (await this.tus.find(id)) ?? null;
  }

  @Mutation(() => Boolean)
  async removeUpload(@Args('id', { type: () => ID }) id: string): Promise<boolean> {
    await this.tus.terminate(id);
    return true;
  }
}
