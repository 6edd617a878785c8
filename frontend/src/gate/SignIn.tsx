import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { api, held } from "@/api/client";
import { ApiProblem } from "@/api/problems";
import { keys } from "@/api/queries";
import { Button, Field, Problem } from "@/kit";

export default function SignIn() {
  const [problem, setProblem] = useState<string>();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [search] = useSearchParams();
  async function signIn(form: HTMLFormElement) {
    try {
      const body = { email: valueOf(form, "email"), password: valueOf(form, "password") };
      client.setQueryData(keys.me, await held(api.POST("/api/v1/auth/login", { body })));
      void navigate(localPath(search.get("next")), { replace: true });
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error.slug === "sign-in-failed" ? "E-mail or password is wrong." : error.message);
    }
  }
  return (
    <main>
      <h1>Sign in</h1>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void signIn(event.currentTarget);
        }}
      >
        <Field label="E-mail" name="email" type="email" autoComplete="username" required />
        <Field label="Password" name="password" type="password" autoComplete="current-password" required />
        {problem && <Problem>{problem}</Problem>}
        <Button type="submit" look="primary" wide>
          Sign in
        </Button>
      </form>
    </main>
  );
}

const valueOf = (form: HTMLFormElement, name: string): string => {
  const field = form.elements.namedItem(name);
  return field instanceof HTMLInputElement ? field.value : "";
};

/** Only a path of this page: another site must not be where signing in leads. */
const localPath = (next: string | null): string => (next?.startsWith("/") && !/^\/[/\\]/.test(next) ? next : "/");
