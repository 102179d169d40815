"""The compiled path of the engine: the same numbers as the NumPy path, faster, one thread.

Every kernel takes and gives arrays and is checked against the NumPy path to 1e-10. Nothing
here is needed: `gate` says whether the kernels can be used, and where they cannot, the NumPy
path serves. Importing the package does not import numba; asking the gate does.

- `gate`: is there a compiler, and one door to each kernel;
- `jit`: the decorators, and the care that no stale machine code is run;
- `layout`: the arrays of a problem, of its scratch memory and of a point;
- `prepare`: event times, who sees which of them, deaths;
- `cox`, `cox_rows`, `logistic`: log-likelihood, score, information, third moments;
- `objective`: likelihood and penalty together; `triangular`: small linear algebra;
- `climb`, `profile`: the maximum; its limits and likelihood-ratio statistics;
- `single`, `many`: one problem, or thousands of small ones, from arrays to results.
"""
