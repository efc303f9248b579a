// Types of the documents in `../src`, from the schema that the server's tests hold it to.
import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: "../../schema/schema.graphql",
  documents: "../src/**/*.{ts,tsx}",
  silent: true,
  generates: {
    "../src/operations.ts": {
      plugins: ["typescript-operations"],
      config: {
        enumsAsTypes: true,
        nonOptionalTypename: true,
        scalars: {
          DateTime: "string",
          PermissionCode: "string",
          RoleCode: "string",
        },
        useTypeImports: true,
      },
    },
  },
};

export default config;
