"""What a benchmark holds its figures against."""


def all_kept(promises):
    """Prints [(what, value, at most)], the broken ones marked; says whether there is none of those."""
    print("\npromises:")
    for what, value, most in promises:
        print(f"  {what:75}{value:9.3f}, at most {most:.3f}{'' if value <= most else '   BROKEN'}")
    return all(value <= most for _, value, most in promises)
