/** Whoever is signed in sees his tenants, everybody else the form. */
import { useState } from "react";
import { Provider, useMutation, useQuery } from "urql";
import { connect } from "./api";
import { graphql } from "./gql";
import { SignIn } from "./SignIn";
import { Tenants } from "./Tenants";

const ME = graphql(`
  query Me {
    me {
      login
      user {
        id
        fullName
      }
    }
  }
`);

const SIGN_OUT = graphql(`
  mutation SignOut {
    signOut {
      __typename
    }
  }
`);

/** Another person gets another client, whose cache knows nothing of the one before. */
export function App() {
  const [turn, setTurn] = useState(0);
  return <Connected key={turn} onChange={() => setTurn(turn + 1)} />;
}

function Connected({ onChange }: { onChange: () => void }) {
  const [client] = useState(() => connect(onChange));
  return (
    <Provider value={client}>
      <Session onChange={onChange} />
    </Provider>
  );
}

function Session({ onChange }: { onChange: () => void }) {
  const [{ data, error }] = useQuery({ query: ME });
  const [, signOut] = useMutation(SIGN_OUT);
  if (error) return <p role="alert">The server could not be reached: {error.message}</p>;
  if (!data) return <p>One moment.</p>;
  if (!data.me) return <SignIn onSignedIn={onChange} />;
  return (
    <>
      <header>
        <p>{data.me.user.fullName}</p>
        <button type="button" onClick={() => signOut({}).then(onChange)}>
          Sign out
        </button>
      </header>
      <Tenants />
    </>
  );
}
