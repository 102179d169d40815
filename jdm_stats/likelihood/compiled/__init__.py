"""The compiled path of the engine: the same numbers as the NumPy path, faster, one thread.

Every kernel takes and gives arrays and is checked against the NumPy path to 1e-10. Nothing
here is needed: `gate` says whether the kernels can be used, and where they cannot, the NumPy
path serves. Importing the package does not import numba; asking the gate does.

- `gate`: is there a compiler, and one door to each module;
- `single`, `batch`: one problem, or thousands, from arrays to frozen results;
- `jit`: the decorators, and the care that no stale machine code is run;
- `layout`, `endings`, `arrays`: the arrays of a problem, of its scratch memory and of a point;
  how fits end; arguments brought to that layout;
- `prepare`: event times, who sees which of them, deaths;
- `rows`, `cox`, `cox_third`, `logistic`: log-likelihood, score, information, third moments;
- `objective`, `pointer`: likelihood and penalty together, and as an address;
- `climb`, `profile`, `certificate`, `triangular`: the maximum, its limits, the proof that it
  is finite, small linear algebra;
- `many`: the loop over problems.
"""
