"""``siaga data``: from labelled pictures of several sources to a set that is fit to train on."""

import typer

from siaga.cli.data import bring, look, make

app = typer.Typer(help="Bring, check, convert, merge and divide labelled pictures.", no_args_is_help=True)


@app.callback()
def data() -> None:
    """Bring, check, convert, merge and divide labelled pictures."""


app.command("list")(bring.list_sources)
app.command("fetch")(bring.fetch)
app.command("sample")(bring.sample)
app.command("card")(bring.card)
app.command("page")(bring.page)
app.command("audit")(look.audit)
app.command("convert")(look.convert)
app.command("split")(make.split)
app.command("merge")(make.merge)
app.command("autolabel")(make.autolabel)
app.command("prepare")(make.prepare)
