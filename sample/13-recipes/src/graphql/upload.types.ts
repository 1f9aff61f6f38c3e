import { Field, Float, ID, InputType, ObjectType } from '@nestjs/graphql';

@ObjectType()
export class NewUpload {
  @Field(() => ID)
  id!: string;

  /** Where a tus client sends the bytes. */
  @Field()
  url!: string;
}

@ObjectType('Upload')
export class UploadType {
  @Field(() => ID)
  id!: string;

  @Field()
  state!: string;

  @Field(() => Float)
  offset!: number;

  @Field(() => Float, { nullable: true })
  length?: number;
}

@InputType()
export class UploadInput {
  @Field()
  filename!: string;

  /** An Int of GraphQL ends at 2 GiB. */
  @Field(() => Float)
  length!: number;
}
