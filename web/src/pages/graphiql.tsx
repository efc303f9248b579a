/** `/graphql` for people: GraphiQL with the queries of the main job and a choice of the tenant. */
import { GraphiQL } from "graphiql";
import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import { type ReactNode, useState } from "react";
import { createRoot } from "react-dom/client";
import { Trouble } from "../api.ts";
import { blanks, EXAMPLES } from "../graphiql/examples.ts";
import { type Explorer, explorer } from "../graphiql/explorer.ts";
import { fetcher } from "../graphiql/fetcher.ts";
import "../graphiql/page.css";
import { Picker, TenantOfTabs } from "../graphiql/tenants.tsx";
import { gettext, preferred, speak } from "../language.ts";

const TABS = EXAMPLES.map((query) => ({ query, variables: blanks(query) }));
// What is typed may be secret: it is gone with the page. GraphiQL takes null, its types do not.
const NOWHERE = null as unknown as Storage;

function Page({ viewer }: { viewer: Explorer | Trouble | null }) {
  const tenants = viewer && "tenants" in viewer ? viewer.tenants : [];
  const [tenantId, choose] = useState(tenants.length === 1 ? tenants[0]?.id : undefined);
  return (
    <>
      <header className="explorer">
        <h1>{gettext("GraphQL API")}</h1>
        {tenants.length > 0 && <Picker tenants={tenants} chosen={tenantId} choose={choose} />}
        <Viewer viewer={viewer} />
      </header>
      <Editor>
        <TenantOfTabs id={tenantId} />
      </Editor>
    </>
  );
}

function Viewer({ viewer }: { viewer: Explorer | Trouble | null }) {
  if (viewer instanceof Trouble) return <p role="alert">{viewer.message}</p>;
  if (viewer) return <p>{gettext("You are signed in as %(name)s.", { name: viewer.name })}</p>;
  return (
    <p>
      <a href="/sign-in?next=/graphql">{gettext("Sign in")}</a>
    </p>
  );
}

function Editor({ children }: { children: ReactNode }) {
  return (
    <GraphiQL
      defaultEditorToolsVisibility="variables"
      defaultTabs={TABS}
      fetcher={fetcher}
      forcedTheme="system"
      isHeadersEditorEnabled={false}
      showPersistHeadersSettings={false}
      storage={NOWHERE}
    >
      <GraphiQL.Logo>{null}</GraphiQL.Logo>
      {children}
    </GraphiQL>
  );
}

await speak(preferred());
document.title = gettext("GraphQL API");
const viewer = await explorer().catch((error: Trouble) => error);
createRoot(document.querySelector("main") as HTMLElement).render(<Page viewer={viewer} />);
