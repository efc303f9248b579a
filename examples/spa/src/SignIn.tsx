/** Login and password, then, where the account has a second factor, a code. */
import { useState } from "react";
import { useMutation } from "urql";
import { Form } from "./Form";
import { graphql } from "./gql";

const SIGN_IN = graphql(`
  mutation SignIn($input: SignInInput!) {
    signIn(input: $input) {
      __typename
      ... on Error {
        code
        message
      }
    }
  }
`);

export function SignIn({ onSignedIn }: { onSignedIn: () => void }) {
  const [asksCode, setAsksCode] = useState(false);
  const [problem, setProblem] = useState<string>();
  const [{ fetching }, signIn] = useMutation(SIGN_IN);

  async function submit(form: FormData) {
    const { data, error } = await signIn({
      input: {
        login: String(form.get("login")),
        password: String(form.get("password")),
        secondFactor: form.get("code")?.toString() ?? null,
      },
    });
    const answer = data?.signIn;
    if (answer?.__typename === "SignedIn") return onSignedIn();
    if (answer?.__typename === "SecondFactorRequired") setAsksCode(true);
    setProblem(answer?.message ?? error?.message);
  }

  return (
    <Form onSend={submit}>
      <h1>Sign in</h1>
      <label>
        Login or e-mail
        <input name="login" autoComplete="username" required />
      </label>
      <label>
        Password
        <input name="password" type="password" autoComplete="current-password" required />
      </label>
      {asksCode && (
        <label>
          Code
          <input name="code" autoComplete="one-time-code" required ref={focus} />
        </label>
      )}
      {problem && <p role="alert">{problem}</p>}
      <button type="submit" disabled={fetching}>
        Sign in
      </button>
    </Form>
  );
}

function focus(field: HTMLInputElement | null) {
  field?.focus();
}
