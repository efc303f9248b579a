// Types of the documents in `src`. Your copy takes the schema from your server's version instead:
// `python -m server print-schema`.
import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: "../../schema/schema.graphql",
  documents: "src/*.tsx",
  generates: {
    "src/gql/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        enumsAsTypes: true,
        scalars: { DateTime: "string", PermissionCode: "string", RoleCode: "string" },
        useTypeImports: true,
      },
    },
  },
};

export default config;
